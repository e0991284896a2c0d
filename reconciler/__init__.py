"""wpaas: a GitOps controller for WordPress as a service."""
