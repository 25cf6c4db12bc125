{{- define "app.labels" -}}
app.kubernetes.io/name: {{ .Values.name }}
app.kubernetes.io/managed-by: sluice
{{- end }}

{{/* Arguments: the root and the name of a slot. */}}
{{- define "app.slot" -}}
sluice.dev/service: {{ (index . 0).Values.name }}
sluice.dev/slot: {{ index . 1 }}
{{- end }}
