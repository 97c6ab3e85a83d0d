module gomicro.benchmarks/hello

go 1.27
