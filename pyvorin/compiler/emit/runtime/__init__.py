"""Native helpers, emitted into a unit when something first needs them."""
