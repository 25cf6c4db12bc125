"""The judge beside Kayenta, Argo Rollouts, Flagger, a repeated z-test and an oracle, on the same simulated traffic.

python -m benchmarks.judge                  # `make bench-judge`; --quick for a first look
"""
