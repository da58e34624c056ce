"""Pages for the public: hosted forms, their embeddable snippet. No login, no session of the console."""
