"""Adapters: one file per outside system, translating to and from core values."""
