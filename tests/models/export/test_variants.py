from models.export.signatures import SIGNATURES
from models.export.variants import quantised


def test_text_encoders_and_every_transformer_of_latents_are_quantised_and_nothing_else():
    transformers = {name for name, inputs in SIGNATURES.items() if "text_prompt" in {one.name for one in inputs}}
    texts = {name for name in SIGNATURES if name.startswith("text_")}
    assert {"known_backbone", "student"} < transformers
    assert {name for name in SIGNATURES if quantised(name)} == transformers | texts
