"""What the lessons share: controls bound to the URL, pictures to touch, parts of every page."""
