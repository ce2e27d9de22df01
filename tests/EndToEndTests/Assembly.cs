using Ingest.TestSupport;

[assembly: AssemblyFixture(typeof(SharedServers))]
