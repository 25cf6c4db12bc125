{{- define "sluice.image" -}}
{{ .Values.image.repository }}{{ if .Values.image.digest }}@{{ .Values.image.digest }}{{ else }}:{{ .Values.image.tag | default .Chart.AppVersion }}{{ end }}
{{- end }}

{{/* Arguments: the root and the name of a part. */}}
{{- define "sluice.selector" -}}
app.kubernetes.io/name: sluice
app.kubernetes.io/instance: {{ (index . 0).Release.Name }}
app.kubernetes.io/component: {{ index . 1 }}
{{- end }}

{{- define "sluice.labels" -}}
{{ include "sluice.selector" . }}
app.kubernetes.io/version: {{ (index . 0).Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ (index . 0).Release.Service }}
{{- end }}

{{/* The host of the address people use, without its port. */}}
{{- define "sluice.host" -}}
{{ regexReplaceAll ":[0-9]+$" (urlParse .Values.url).host "" }}
{{- end }}

{{/* What every pod of Sluice keeps. */}}
{{- define "sluice.pod" -}}
serviceAccountName: {{ .Release.Name }}
automountServiceAccountToken: false
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  fsGroup: 10001
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile: {type: RuntimeDefault}
{{- with .Values.image.pullSecrets }}
imagePullSecrets:
{{- range . }}
- name: {{ . }}
{{- end }}
{{- end }}
{{- with .Values.nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{/* What every container of Sluice keeps. */}}
{{- define "sluice.container" -}}
image: {{ include "sluice.image" . | quote }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: {drop: [ALL]}
{{- end }}

{{- define "sluice.env" -}}
- {name: SLUICE_HOME, value: /home/sluice}
- {name: SLUICE_PLATFORM, value: /etc/sluice/platform.yaml}
- {name: SLUICE_CACHE, value: /home/sluice/cache}
- {name: SLUICE_BASE_URL, value: {{ .Values.url | trimSuffix "/" | quote }}}
- {name: SLUICE_BIND, value: "0.0.0.0:8080"}
- {name: SLUICE_WEB_WORKERS, value: {{ .Values.web.processes | quote }}}
- {name: HOME, value: /home/sluice}
{{- range $name, $value := .Values.env }}
- {name: {{ $name }}, value: {{ $value | quote }}}
{{- end }}
{{ include "sluice.connections" . }}
{{- end }}

{{- define "sluice.connections" -}}
- name: DATABASE_URL
  valueFrom: {secretKeyRef: {name: {{ .Values.connections }}, key: DATABASE_URL}}
- name: REDIS_URL
  valueFrom: {secretKeyRef: {name: {{ .Values.connections }}, key: REDIS_URL}}
{{- end }}

{{- define "sluice.mounts" -}}
- {name: home, mountPath: /home/sluice}
- {name: platform, mountPath: /etc/sluice, readOnly: true}
- {name: tmp, mountPath: /tmp}
{{- end }}

{{- define "sluice.volumes" -}}
- name: home
  persistentVolumeClaim: {claimName: {{ .Values.home.existingClaim | default .Release.Name }}}
- name: platform
  configMap: {name: {{ .Release.Name }}}
- name: tmp
  emptyDir: {}
{{- if .Values.secrets }}
- name: given
  secret: {secretName: {{ .Values.secrets }}}
{{- end }}
{{- end }}

{{/* Secrets of Kubernetes are files that a group may read, and Sluice wants its own for itself alone. */}}
{{- define "sluice.init" -}}
{{- if .Values.secrets }}
initContainers:
- name: secrets
  {{- include "sluice.container" . | nindent 2 }}
  command: [python3.11, -c]
  args:
  - |
    import os, pathlib
    os.umask(0o077)
    home = pathlib.Path("/home/sluice/secrets")
    home.mkdir(exist_ok=True)
    for given in pathlib.Path("/given").iterdir():
        kept = home / given.name
        if given.is_file() and not (given.name.startswith("cluster-") and kept.exists()):
            fresh = home / f".{given.name}.{os.getpid()}.{os.environ['HOSTNAME']}"
            fresh.write_bytes(given.read_bytes())
            fresh.replace(kept)
  resources: {requests: {cpu: 10m, memory: 32Mi}, limits: {memory: 64Mi}}
  volumeMounts:
  - {name: home, mountPath: /home/sluice}
  - {name: given, mountPath: /given, readOnly: true}
{{- end }}
{{- end }}

{{/* A Deployment of one part. Arguments: the root, the name of the part, its arguments as YAML, its probes as YAML. */}}
{{- define "sluice.part" -}}
{{- $root := index . 0 }}{{ $name := index . 1 }}{{ $values := index $root.Values $name }}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ $root.Release.Name }}-{{ $name }}
  namespace: {{ $root.Release.Namespace }}
  labels: {{- include "sluice.labels" (list $root $name) | nindent 4 }}
spec:
  replicas: {{ $values.replicas }}
  revisionHistoryLimit: 2
  selector:
    matchLabels: {{- include "sluice.selector" (list $root $name) | nindent 6 }}
  template:
    metadata:
      labels: {{- include "sluice.labels" (list $root $name) | nindent 8 }}
      annotations:
        sluice.dev/platform: {{ $root.Values.platform | sha256sum }}
    spec:
      {{- include "sluice.pod" $root | nindent 6 }}
      terminationGracePeriodSeconds: 40
      topologySpreadConstraints:
      - maxSkew: 1
        topologyKey: kubernetes.io/hostname
        whenUnsatisfiable: ScheduleAnyway
        labelSelector:
          matchLabels: {{- include "sluice.selector" (list $root $name) | nindent 12 }}
      {{- include "sluice.init" $root | nindent 6 }}
      containers:
      - name: {{ $name }}
        {{- include "sluice.container" $root | nindent 8 }}
        args: {{ index . 2 }}
        env: {{- include "sluice.env" $root | nindent 8 }}
        {{- with index . 3 }}
        {{- . | nindent 8 }}
        {{- end }}
        resources: {{- toYaml $values.resources | nindent 10 }}
        volumeMounts: {{- include "sluice.mounts" $root | nindent 8 }}
      volumes: {{- include "sluice.volumes" $root | nindent 6 }}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: {{ $root.Release.Name }}-{{ $name }}
  namespace: {{ $root.Release.Namespace }}
  labels: {{- include "sluice.labels" (list $root $name) | nindent 4 }}
spec:
  maxUnavailable: 1
  unhealthyPodEvictionPolicy: AlwaysAllow
  selector:
    matchLabels: {{- include "sluice.selector" (list $root $name) | nindent 6 }}
{{- end }}
