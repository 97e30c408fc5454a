"""Steps from one schema to the next; a released step is never edited."""
