"""Tests that read the code, so that new code joins them by itself."""
