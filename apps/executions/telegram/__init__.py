"""Telegram: what bots are told starts workflows and answers questions; what workflows say goes out by bots."""
