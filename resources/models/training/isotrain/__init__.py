"""Training of the networks of Isocenter: data by patient, operators, networks, training, export, evaluation."""
