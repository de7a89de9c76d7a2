"""The compile worker's side: source text in, native code out.  Nothing here runs in the application's process."""
