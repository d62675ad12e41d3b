"""Whole programs: a server as a process, people who use it over HTTP."""
