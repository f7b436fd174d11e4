"""Reading manifests: YAML files to typed resources, with a place for everything that is wrong.

The way in is `retinue.manifest.compose.load`; the result is `retinue.manifest.model.Manifest`.
Nothing here knows platforms, states or plans.
"""
