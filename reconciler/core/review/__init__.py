"""A proposed change, judged: what is wrong, what it does, who must agree, and who acts next."""
