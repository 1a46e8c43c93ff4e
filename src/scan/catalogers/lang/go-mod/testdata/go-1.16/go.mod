module example.com/m16

go 1.16

require github.com/spf13/cobra v1.1.3
