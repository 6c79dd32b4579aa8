"""In which precision training steps are computed: bfloat16 where the hardware has it, else float32.

On a processor without bfloat16 instructions a convolution takes four times as long in it as in float32 (AVX2,
measured), and with them a third.
"""

import torch

INSTRUCTIONS = ("avx512_bf16", "amx_bf16", "bf16")  # of x86 and of Arm, as torch.cpu names them


def fast_dtype(device: torch.device) -> torch.dtype:
    """torch.bfloat16 where `device` computes in it, else torch.float32."""
    if device.type == "cpu":
        known = torch.cpu.get_capabilities()
        has = any(known.get(name) for name in INSTRUCTIONS)
    else:
        has = device.type == "cuda" and torch.cuda.is_bf16_supported()
    return torch.bfloat16 if has else torch.float32


def autocast(device: torch.device) -> torch.autocast:
    """A context in which convolutions and products are computed in `fast_dtype`."""
    dtype = fast_dtype(device)
    return torch.autocast(device.type, torch.bfloat16, enabled=dtype == torch.bfloat16)
