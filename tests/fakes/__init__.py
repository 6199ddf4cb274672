"""Stand-ins for what tests cannot have: a language-model server, a model with known answers, installed plug-ins."""
