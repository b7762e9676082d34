"""The encoder of interactive segmentation: scenes to click on, the Gaussian process of the program, a simulated user, the training."""
