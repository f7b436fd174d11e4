"""The way off a closed platform: assistants from dumps, Terraform states and folders of files.

Readers (`json_text`, `literals`, `terraform`, `folders`) turn one format each into neutral records;
`modern` brings every generation of the API into one form; `bodies` describes it as a manifest
would; `parcel` names things and lays out the new files; `taking` is the use case.
"""
