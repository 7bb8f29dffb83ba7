"""Tests; a package by name, since others install one called ``tests`` too."""
