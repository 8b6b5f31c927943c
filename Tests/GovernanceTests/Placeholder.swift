// The first test of Governance replaces this file.
