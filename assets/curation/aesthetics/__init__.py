"""How good a picture looks, learned from pictures and from what spoils them: no one's taste stands behind it."""
