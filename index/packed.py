"""A model's linear layers with their weights laid out for the processor once, not at each call.

oneDNN, which multiplies for torch on a CPU, wants the weights in blocks. Run plainly, torch puts
them so for every multiplication, and then computes GELU in another pass over the result. Its
compiler does neither, but wants a C++ compiler on the machine; so what that would call is called
here, on the processors where it was measured.
(Two cores with AVX-512 BF16: a question 9.4 ms plainly and 6.0 so, 16 passages 484 and 424.)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import nn


def pack(model: nn.Module) -> None:
    """Lay out a model's weights, in place, where that is known to help: not to be trained again."""
    import torch

    known = torch.cpu.get_capabilities().get("avx512_f")
    if not (known and hasattr(torch.ops.mkldnn, "_linear_pointwise")):
        return
    from torch import nn
    from transformers.activations import GELUActivation

    class Packed(nn.Module):
        def __init__(self, layer: nn.Linear, then: str) -> None:
            super().__init__()
            laid_out = torch.ops.mkldnn._reorder_linear_weight(layer.weight.detach(), None)
            self.register_buffer("weight", laid_out, persistent=False)
            self.bias, self.then = layer.bias, then

        def forward(self, given: torch.Tensor) -> Any:
            return torch.ops.mkldnn._linear_pointwise(
                given, self.weight, self.bias, self.then, [], "none"
            )

    for module in list(model.modules()):
        for name, layer in list(module.named_children()):
            if type(layer) is not nn.Linear:
                continue
            then = "none"
            if name == "dense" and isinstance(
                getattr(module, "intermediate_act_fn", None), GELUActivation
            ):  # as BERT and its kin have it
                then, module.intermediate_act_fn = "gelu", nn.Identity()
            setattr(module, name, Packed(layer, then))
