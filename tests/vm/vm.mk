# to be replaced by the test machines' own
