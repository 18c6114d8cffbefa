-- name: overview
SELECT figure, label, value FROM overview()
