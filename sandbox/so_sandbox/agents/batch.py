"""The Batch agent: how far a job in the background has come."""

from __future__ import annotations

from so_sandbox.agents.caller import Agent, Arguments, Caller
from so_sandbox.agents.carriers import Carrier


def get_batch_task_info(caller: Caller, given: Arguments) -> Carrier:
    """Give a job as it stands; each look has it go on by a step."""
    job = caller.tenant.look_at_job(given["Id"])
    whole = len(job.person_ids)
    return {
        "Id": job.job_id,
        "Name": "BulkUpdate",
        "AssociateId": job.associate_id,
        "Created": job.created,
        "LastStarted": job.created if job.state not in {"New", "Aquired"} else None,
        "StartCount": int(job.state not in {"New", "Aquired"}),
        "Context": job.context,
        "State": job.state,
        "ProgressPercent": 100 * job.done // whole if whole else 100,
        "Response": "the job stopped midway, as was asked for by a fault" if job.state == "Failed" else "",
        "CancellationBehaviour": "CannotCancel",
    }


BATCH: Agent = {"GetBatchTaskInfo": get_batch_task_info}
