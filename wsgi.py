"""WSGI door for gunicorn and others: ``gunicorn wsgi:app``. Run ``ipr migrate`` first; nothing migrates at import."""

from ipr_service.app import create_app

app = create_app()
