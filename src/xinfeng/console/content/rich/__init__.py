"""The designer of 5G messages: cards, pictures, buttons, and the phone beside them."""
