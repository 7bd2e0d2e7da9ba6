"""Tests, benchmarks and pictures of Integration Icons."""
