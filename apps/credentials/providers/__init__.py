"""One file per provider of chat models: how its client is made and what it can tell. Imported when first used, since
the providers' packages are large."""
