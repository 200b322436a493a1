package access

var machines = []Caller{Machine}

// machineOperations are what other machines tell. Their signature, or the token in their path, is the proof, and the flow or the rim asks for it.
var machineOperations = []Policy{
	{Operation: "ReceiveSMSReceipt", Callers: machines, Fields: AllFields, Audit: AuditWrite},
	{Operation: "ReceiveSMS", Callers: machines, Fields: AllFields, Audit: AuditWrite},
	{Operation: "GetWheelCalendar", Callers: machines, Fields: WithoutWords, Audit: AuditNone},
	{Operation: "UnsubscribeEmail", Callers: machines, Fields: AllFields, Audit: AuditWrite},
}
