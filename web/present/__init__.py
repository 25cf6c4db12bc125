"""Pure: what the store knows becomes what a page shows, down to the last word. Templates only lay it out."""
