"""Words of the Own network page."""

INTRODUCTION = (
    "Attack **a network that you trained**. Give its weights and say what they are of; it is looked at "
    "step by step, since an attack on a network that is loaded wrongly means nothing. Then every page "
    "can attack it."
)
EXAMPLE = (
    "A finished example: EfficientNet-Lite0's weights as a safetensors file, with a photograph of a "
    "dalmatian. **Check it** does the same with yours."
)
WEIGHTS = (
    "A safetensors file: safetensors.torch.save_file(model.state_dict(), 'weights.safetensors'). Files "
    "of torch.save can hold code and are not read here; the command line reads them, on your own "
    "computer."
)
ARCH = (
    "What the weights are of, by its name in timm or torchvision: timm/resnet18, "
    "torchvision/mobilenet_v3_small."
)
CLASSES = (
    "One name a line, in the order of the outputs. Without them classes are numbered; 1,000 are taken "
    "for ImageNet's."
)
SIZE = (
    "Height and width of the pictures that it was trained on, in pixels. Empty: what the architecture "
    "was made for."
)
MEAN = (
    "What is subtracted from pixels from 0 to 1 ahead of the network, red, green and blue; one number "
    "for all three. Empty: the architecture's own. If your network does it inside: 0."
)
STD = "What they are divided by then. Empty: the architecture's own. If your network does it inside: 1."
PICTURE = (
    "A picture whose class you know. If the network gets it wrong, other ways to prepare the pixels are "
    "tried."
)
LABEL = "What the picture shows: a class, by name or number."
PRIVATE = (
    "It is kept in this server's memory for this tab only, and never written to a disk. When the tab is "
    "closed or loaded again, it is gone."
)
UNLIMITED = (
    "This server's system cannot limit the memory of a process: weights are looked at in one of their "
    "own all the same."
)
BUSY = "Somebody else's network is being looked at. Yours is next."
AT_WORK = "Looking at it, in a process of its own …"
FULL = (
    "This server keeps no more networks of visitors just now. Try again later, or use the command line "
    "on your own computer: malt attack IMAGE --model file:PATH --arch NAME."
)
READY = "It can be attacked: it is chosen on every page now."
NOT_READY = "It is not attacked like this. Change what the step says, and check again."
NO_FILE = "Choose a file of weights first."
