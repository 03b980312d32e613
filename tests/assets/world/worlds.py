"""Small scenes for tests."""

from dataclasses import replace

from assets.world.spec import BackgroundSpec, CameraSpec, ObjectSpec, WorldSpec


def thing(kind="box", motion="still", **changes):
    base = ObjectSpec(kind, "red", "medium", 0.3, 0.0, 0.0, 0.3, motion, "wood")
    return replace(base, **changes)


def scene(*objects, camera="static", strength=1.0, theme=None, **changes):
    theme = theme or ("green hills" if camera != "static" else None)
    background = BackgroundSpec("layered", (), theme) if theme else BackgroundSpec("plain", ("blue",))
    return replace(
        WorldSpec(5, "train", 2.0, tuple(objects), background, CameraSpec(camera, strength)),
        **changes,
    )
