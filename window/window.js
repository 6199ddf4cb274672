() => {
  const $ = (id) => document.getElementById(id);
  const send = (name, data) => window.dateline.send(name, data);
  const text = (node) => (node ? node.textContent.replace(/\s+/g, ' ').trim() : '');
  const facts = (place) => {
    const node = place && place.querySelector('.dl-data');
    try { return JSON.parse(node.textContent); } catch { return {}; }
  };
  const say = (words) => { if ($('dl-live')) $('dl-live').textContent = words; };

  // --- the panel beside the answer ---
  let opener = null;
  const closePanel = () => {
    const panel = $('dl-panel');
    if (!panel || panel.classList.contains('dl-closed')) return false;
    panel.classList.add('dl-closed');
    document.body.classList.remove('dl-reading');
    const back = opener && (opener.isConnected ? opener : $(opener.id));
    if (back) back.focus();
    return true;
  };
  const openPanel = (from) => {
    if (!from.closest('#dl-panel')) opener = from;
    $('dl-panel').classList.remove('dl-closed');
    reveal();
  };
  const reveal = () => {
    const section = document.querySelector('#dl-panel:not(.dl-closed) .dl-panel');
    if (!section) { document.body.classList.remove('dl-reading'); return; }
    document.body.classList.add('dl-reading');
    const cited = $('dl-cited');
    const top = cited ? cited.offsetTop - section.clientHeight / 3 : 0;
    section.scrollTo({top, behavior: matchMedia('(prefers-reduced-motion: reduce)').matches ? 'auto' : 'smooth'});
    section.focus({preventScroll: true});
  };

  // --- the card of a citation mark ---
  let hiding = 0;
  const hideCard = () => { if ($('dl-card')) $('dl-card').hidden = true; };
  const showCard = (mark) => {
    clearTimeout(hiding);
    const card = $('dl-card'), source = $(mark.getAttribute('href').slice(1));
    if (!card || !source) return;
    card.replaceChildren(...['.dl-by', '.dl-title', 'blockquote'].map((part) => {
      const line = document.createElement('p');
      line.className = part === 'blockquote' ? 'dl-quote' : part.slice(1);
      line.textContent = text(source.querySelector(part)).replace(/ ?Original.?↗$/, '');
      return line;
    }));
    card.hidden = false;
    const at = mark.getBoundingClientRect(), width = card.offsetWidth, height = card.offsetHeight;
    card.style.left = Math.max(8, Math.min(at.left - 16, innerWidth - width - 8)) + 'px';
    card.style.top = (at.bottom + height + 12 < innerHeight ? at.bottom + 6 : Math.max(8, at.top - height - 6)) + 'px';
  };
  const markOf = (event) => event.target.closest && event.target.closest('.dl-mark');
  document.addEventListener('mouseover', (event) => {
    const mark = markOf(event);
    if (mark) showCard(mark);
    else if (event.target.closest && event.target.closest('#dl-card')) clearTimeout(hiding);
  });
  document.addEventListener('mouseout', (event) => {
    if (markOf(event) || (event.target.closest && event.target.closest('#dl-card'))) hiding = setTimeout(hideCard, 200);
  });
  document.addEventListener('focusin', (event) => { if (markOf(event)) showCard(markOf(event)); else hideCard(); });
  document.addEventListener('scroll', hideCard, true);

  // --- dialogs ---
  const ticked = () => [...document.querySelectorAll('#dl-change-outlets input:checked')].map((box) => box.value);
  const ask = (title, field, was, done) => {
    const dialog = $('dl-change'), fields = ['since', 'until', 'as_of'];
    const withQuestion = was.question !== undefined;
    $('dl-change-title').textContent = title;
    dialog.querySelector('.dl-primary').textContent = withQuestion ? 'Ask again' : 'Set';
    $('dl-change-question-field').hidden = !withQuestion;
    $('dl-change-question').value = was.question || '';
    fields.forEach((name) => { $('dl-change-' + name).value = was[name] || ''; });
    document.querySelectorAll('#dl-change-outlets input').forEach((box) => {
      box.checked = (was.outlets || []).includes(box.value);
    });
    dialog.returnValue = '';
    dialog.onclose = () => {
      if (dialog.returnValue !== 'ok') return;
      const now = Object.fromEntries(fields.map((name) => [name, $('dl-change-' + name).value]));
      now.outlets = ticked();
      const changed = [];
      if (now.since !== (was.since || '') || now.until !== (was.until || '')) changed.push('window');
      if (now.as_of !== (was.as_of || '')) changed.push('as_of');
      if (JSON.stringify([...now.outlets].sort()) !== JSON.stringify([...(was.outlets || [])].sort())) changed.push('outlets');
      done({...now, changed, text: $('dl-change-question').value});
    };
    dialog.showModal();
    const first = {window: 'since', outlets: 'outlets', as_of: 'as_of', question: 'question'}[field];
    const target = $('dl-change-' + first);
    (first === 'outlets' ? target.querySelector('input') || target : target).focus();
  };
  const comment = (done) => {
    const dialog = $('dl-comment');
    $('dl-comment-text').value = '';
    dialog.returnValue = '';
    dialog.onclose = () => { if (dialog.returnValue === 'ok' && $('dl-comment-text').value.trim()) done($('dl-comment-text').value); };
    dialog.showModal();
  };

  // --- copying and saving ---
  const copy = async (words) => {
    try { await navigator.clipboard.writeText(words); return true; } catch { /* not a secure page: the old way */ }
    const box = document.createElement('textarea');
    box.value = words;
    document.body.append(box);
    box.select();
    const done = document.execCommand('copy');
    box.remove();
    return done;
  };
  const save = (parcel) => {
    if (!parcel || !parcel.text) return;
    const link = document.createElement('a');
    link.href = URL.createObjectURL(new Blob([parcel.text], {type: parcel.type}));
    link.download = parcel.name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  };
  window.dateline = {...window.dateline, save};

  // --- what the buttons do ---
  const again = (at, name) => ask('Ask again', name, facts($('answer-' + at)), (set) => send('ask', {...set, at}));
  const actions = {
    change: (button) => { const [at, name] = button.value.split('/'); again(+at, name); },
    without: (button) => { const [at, name] = button.value.split('/'); send('ask', {at: +at, changed: [name]}); },
    retry: (button) => send('ask', {at: +button.value}),
    suggest: (button) => send('ask', {text: text(button)}),
    limit: (button) => ask('The next question', button.value, facts($('dl-limits')), (set) => {
      send('limit', {...set, changed: ['window', 'as_of', 'outlets']});
    }),
    anew: () => send('anew', {}),
    close: () => closePanel(),
    cite: (button) => { const [at, n] = button.value.split('/'); send('cite', {at: +at, n: +n}); },
    copy: async (button) => {
      const done = await copy($('answer-' + button.value).querySelector('.dl-md').textContent);
      say(done ? 'Copied as Markdown.' : 'This browser does not let pages copy.');
      const label = button.textContent;
      button.textContent = done ? 'Copied' : 'Not copied';
      setTimeout(() => { button.textContent = label; }, 2000);
    },
    export: (button) => send('export', {kind: button.value}),
    report: () => send('report', {}),
    rate: (button) => {
      const [at, n, rating] = button.value.split('/');
      const said = {at: +at, n: n === '' ? null : +n, rating};
      button.parentElement.querySelectorAll('.dl-rate').forEach((other) => {
        other.classList.toggle('dl-on', other === button);
        other.setAttribute('aria-pressed', String(other === button));
      });
      send('rate', said);
      comment((words) => send('rate', {...said, comment: words}));
    },
    talk: (button) => send('talk', {id: button.value}),
    turn: (button) => send('turn', {offset: +button.value}),
    read: (button) => { openPanel(button); send('read', {id: button.value}); },
    forget: (button) => sure(button, () => send('forget', {id: button.value})),
    drop: (button) => sure(button, () => send('drop', {id: button.value})),
  };
  // What cannot be undone takes a second click.
  const sure = (button, go) => {
    if (button.dataset.sure) { go(); return; }
    const label = button.textContent, spoken = button.getAttribute('aria-label');
    button.dataset.sure = 'yes';
    button.textContent = `${label}?`;
    button.setAttribute('aria-label', `${spoken}: press again to be sure`);
    say('Press again to be sure.');
    setTimeout(() => { delete button.dataset.sure; button.textContent = label; button.setAttribute('aria-label', spoken); }, 5000);
  };
  document.addEventListener('click', (event) => {
    const link = event.target.closest('.dl-mark, .dl-open');
    if (link) {
      event.preventDefault();
      hideCard();
      const [, kind, at, n] = /^#(source|near)-(\d+)-(\d+)$/.exec(link.getAttribute('href')) || [];
      if (kind) { openPanel(link); send('cite', {kind, at: +at, n: +n}); }
      return;
    }
    const button = event.target.closest('button[name]');
    const ours = button && button.closest('.dl, .dl-chips, .dl-actions');
    if (ours && Object.hasOwn(actions, button.name)) { event.preventDefault(); actions[button.name](button); }
  });
  document.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape' || document.querySelector('dialog[open]')) return;
    if ($('dl-card') && !$('dl-card').hidden) hideCard(); else closePanel();
  });

  // --- what Gradio leaves to be done, after each change of the page ---
  // Gradio labels each message with its source, HTML and all; without that label a screen reader reads what is shown.
  // Its sanitiser takes our labels out of messages; here they are put back. Days get the browser's own calendar.
  // A new question moves to the top, so that its answer begins in view; scrolling to the end would show the last source.
  let asked = 0, shown = null, answered = '';
  const dress = () => {
    document.documentElement.lang = 'en';
    document.querySelectorAll('#dl-chat [data-testid][aria-label]').forEach((m) => m.removeAttribute('aria-label'));
    document.querySelectorAll('.dl-day input[type=text]').forEach((day) => { day.type = 'date'; });
    document.querySelectorAll('.dl-mark:not([aria-label])').forEach((mark) => {
      const source = $(mark.getAttribute('href').slice(1));
      mark.setAttribute('aria-label', `Source ${text(mark)}`);
      if (source) mark.setAttribute('aria-description', `${text(source.querySelector('.dl-by'))}: ${text(source.querySelector('blockquote'))}`);
    });
    document.querySelectorAll('#dl-chat .dl-rate:not([aria-label])').forEach((button) => {
      button.setAttribute('aria-label', button.title);
      button.setAttribute('aria-pressed', String(button.classList.contains('dl-on')));
    });
    document.querySelectorAll('#dl-chat .dl-x:not([aria-label])').forEach((button) => {
      button.setAttribute('aria-label', `Without: ${text(button.previousElementSibling)}`);
    });
    const questions = document.querySelectorAll('#dl-chat .user-row');
    if (questions.length > asked) questions[questions.length - 1].scrollIntoView({block: 'start'});
    asked = questions.length;
    const ends = [...document.querySelectorAll('#dl-chat .dl-foot')].map(text).join();
    if (ends !== answered && ends.length > answered.length) say('The answer is complete.');
    answered = ends;
    const section = document.querySelector('#dl-panel .dl-panel');
    if (section !== shown) { shown = section; reveal(); }
  };
  let pending = false;
  new MutationObserver(() => {
    if (pending) return;
    pending = true;
    requestAnimationFrame(() => { pending = false; dress(); });
  }).observe(document.body, {subtree: true, childList: true, characterData: true, attributeFilter: ['aria-label']});
  dress();
}
