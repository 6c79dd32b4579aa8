"""The pictures that people choose: from the gallery, a file, the camera."""
