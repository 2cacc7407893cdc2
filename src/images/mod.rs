//! Facts about base images, and how to ask them.
