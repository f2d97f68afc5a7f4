"""Code that plain scripts are made of: every definition is copied into a script as it stands here, if the script needs it.

Nothing here may use the project. The constants are examples, so that each file is complete; a script has those of its
run.
"""
