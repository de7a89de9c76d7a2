"""What the tests share: exact comparison, calls written as text, running both engines."""
