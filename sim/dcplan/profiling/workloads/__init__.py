"""The models that can be measured: published architectures, built here in torch, with synthetic inputs."""
