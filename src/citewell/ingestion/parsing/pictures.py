"""Pictures as they are shown: turned as their camera says, on white ground, in RGB."""

from PIL import Image, ImageOps


def shown_upright(image: Image.Image) -> Image.Image:
    """A copy in RGB, turned by its EXIF orientation, what is transparent laid on white."""
    turned = ImageOps.exif_transpose(image) or image
    if turned.mode in ("RGBA", "LA", "PA") or "transparency" in turned.info:
        ground = Image.new("RGBA", turned.size, "white")
        ground.alpha_composite(turned.convert("RGBA"))
        return ground.convert("RGB")
    return turned.convert("RGB")
