"""Articles from the web: pages by address, feeds, news sitemaps. One fetcher (`index.web.fetch`) does all requests."""
