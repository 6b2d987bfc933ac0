"""What the lessons share: controls bound to the URL, pictures that are touched, the parts every page has."""
