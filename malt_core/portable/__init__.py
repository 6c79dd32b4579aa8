"""A network as one file that a browser can attack, and a site that does so without any server."""
