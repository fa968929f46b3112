"""The web app as the server gives it out: a page, its files, and the headers that keep it safe."""
