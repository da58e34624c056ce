"""Pages for the public: hosted forms, their embeddable snippet. No login, no session of the console, no cookies.

Every answer sets its own security headers (`answers`): a strict Content-Security-Policy, and frames only for the
origins the form names. Nothing needs a script. The rules are in `forms`; here is only the door.
"""
