"""/chat/: the public chat pages."""

from __future__ import annotations

from django.urls import path

from .inbound import chat_page

urlpatterns = [
    path("<slug:slug>", chat_page.page, name="chat-page"),
    path("<slug:slug>/", chat_page.page),
    path("<slug:slug>/widget.js", chat_page.widget, name="chat-widget"),
    path("<slug:slug>/messages", chat_page.messages, name="chat-messages"),
    path("<slug:slug>/history", chat_page.history, name="chat-history"),
]
