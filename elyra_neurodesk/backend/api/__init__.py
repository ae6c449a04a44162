"""The part of KFP's REST API v2beta1 that kfp.Client and Elyra use."""
