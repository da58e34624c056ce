"""Templates and signatures: the library, the editor with its live phone, versions side by side."""
