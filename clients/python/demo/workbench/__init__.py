"""One page where Python is typed and run. For a machine of one's own: there is no login."""
