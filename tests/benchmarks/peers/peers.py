"""What the peers compute: peers.py astra|rtk, started by compare_with_peers.py; one job a line on stdin, as JSON.

A job names arrays (.npy) in our order: image [z][y][x] in 1/mm, readings [view][v][u] (line integrals). Peers keep
their own orders; the change is made outside of the clock. Every job runs in a fork of this process, which has the
modules loaded and nothing else. Answers with seconds, processor seconds, and the peak of memory above the modules'.
"""
import json
import os
import sys
import time


def resident_mib(name):
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith(name + ":")) / 1024


class Astra:
    """ASTRA's CPU projectors and algorithms: planes only, one thread. Its rows of an image start at the largest y."""

    def __init__(self, job, np):
        import astra
        self.astra, self.np = astra, np
        g, (ny, nx) = job["geometry"], job["grid"]["size"][1::-1]
        angles = np.radians([g["angles_deg"]["first"] + i * g["angles_deg"]["step"] for i in range(g["angles_deg"]["count"])])
        h = job["grid"]["spacing"]
        volume = astra.create_vol_geom(ny, nx, -nx * h / 2, nx * h / 2, -ny * h / 2, ny * h / 2)
        if g["beam"] == "parallel":
            scan = astra.create_proj_geom("parallel", g["pitch_mm"][0], g["elements"][0], angles)
        else:
            away = g["source_to_detector_mm"] - g["source_to_axis_mm"]
            scan = astra.create_proj_geom("fanflat", g["pitch_mm"][0], g["elements"][0], angles,
                                          g["source_to_axis_mm"], away)
        self.projector = astra.create_projector(job["projector"], scan, volume)
        self.image = np.zeros((ny, nx), np.float32)
        if "image" in job:
            self.image[:] = np.load(job["image"]).squeeze()[::-1]
        self.readings = np.zeros((len(angles), g["elements"][0]), np.float32)
        if "readings" in job:
            self.readings[:] = np.load(job["readings"])[:, 0]
        self.image_id = astra.data2d.link("-vol", volume, self.image)
        self.readings_id = astra.data2d.link("-sino", scan, self.readings)

    def run(self, job):
        names = {"forward": "FP", "adjoint": "BP", "fbp": "FBP", "sart": "SART", "cgls": "CGLS"}
        config = self.astra.astra_dict(names[job["operation"]])
        config["ProjectorId"], config["ProjectionDataId"] = self.projector, self.readings_id
        config["VolumeDataId" if job["operation"] == "forward" else "ReconstructionDataId"] = self.image_id
        iterations = job.get("iterations", 1)
        if job["operation"] == "sart":
            config["option"] = {"Relaxation": job["relaxation"], "ProjectionOrder": "custom",
                                "ProjectionOrderList": self.order(len(self.readings)), "MinConstraint": 0.0}
            iterations *= len(self.readings)  # ASTRA counts views
        algorithm = self.astra.algorithm.create(config)
        self.astra.algorithm.run(algorithm, iterations)

    def order(self, views):
        """The order in which our SART visits the views."""
        from math import gcd
        stride = max(1, round(0.381966 * views))
        while gcd(stride, views) != 1:
            stride += 1
        return [float(i * stride % views) for i in range(views)]

    def result(self, job):
        if job["operation"] == "forward":
            return self.readings[:, None]
        return self.image[None, ::-1]


class Rtk:
    """ITK-RTK on the CPU. It turns about y: its x, y, z are our x, z, -y. A single slice becomes two on the side that is
    interpolated between."""

    def __init__(self, job, np):
        import itk
        from itk import RTK as rtk
        self.itk, self.rtk, self.np = itk, rtk, np
        itk.MultiThreaderBase.SetGlobalMaximumNumberOfThreads(job["threads"])
        itk.MultiThreaderBase.SetGlobalDefaultNumberOfThreads(job["threads"])
        self.kind = itk.Image[itk.F, 3]
        g = job["geometry"]
        turns = g["angles_deg"]
        self.geometry = rtk.ThreeDCircularProjectionGeometry.New()
        for i in range(turns["count"]):
            self.geometry.AddProjection(g["source_to_axis_mm"], g["source_to_detector_mm"],
                                        turns["first"] + i * turns["step"])
        self.pitch, self.spacing = g["pitch_mm"][0], job["grid"]["spacing"]
        self.flat = job["grid"]["size"][2] == 1
        self.image_shape = tuple(job["grid"]["size"][i] for i in (1, 2, 0))  # [-y][z][x]
        self.readings_shape = (turns["count"], g["elements"][1], g["elements"][0])
        if "image" in job:
            image = np.load(job["image"]).reshape(job["grid"]["size"][::-1]).transpose(1, 0, 2)[::-1]
            self.image = self.to_itk(self.doubled(image), self.spacing)
        if "readings" in job:
            readings = self.doubled(np.load(job["readings"]).reshape(self.readings_shape))
            self.readings = self.to_itk(readings, self.pitch)

    def doubled(self, array):
        return self.np.repeat(array, 2, 1) if self.flat else array

    def to_itk(self, array, spacing):
        image = self.itk.image_from_array(self.np.ascontiguousarray(array, self.np.float32))
        image.SetSpacing([spacing] * 3)
        image.SetOrigin([-(n - 1) / 2 * spacing for n in array.shape[::-1]])
        return image

    def empty(self, shape, spacing):
        return self.to_itk(self.np.zeros(shape, self.np.float32), spacing)

    def run(self, job):
        rtk, kind, name = self.rtk, self.kind, job["operation"]
        if name == "forward":
            f = rtk.JosephForwardProjectionImageFilter[kind, kind].New()
            f.SetInput(0, self.empty(self.readings_shape, self.pitch))
            f.SetInput(1, self.image)
        else:
            f = self.inverse(name, job)
            f.SetInput(0, self.empty(self.image_shape, self.spacing))
            f.SetInput(1, self.readings)
        f.SetGeometry(self.geometry)
        if name == "cgls":
            f.SetInputWeights(self.to_itk(self.np.ones(self.readings_shape, self.np.float32), self.pitch))
        f.UpdateLargestPossibleRegion()
        self.out = f.GetOutput()

    def inverse(self, name, job):
        rtk, kind = self.rtk, self.kind
        if name == "adjoint":
            return rtk.JosephBackProjectionImageFilter[kind, kind].New()
        if name == "fdk":
            return rtk.FDKBackProjectionImageFilter[kind, kind].New()
        if name == "backproject":
            return rtk.BackProjectionImageFilter[kind, kind].New()
        if name == "fbp":
            return rtk.FDKConeBeamReconstructionFilter[kind].New()
        if name == "sart":
            f = rtk.SARTConeBeamReconstructionFilter[kind, kind].New()
            f.SetLambda(job["relaxation"])
            f.SetEnforcePositivity(True)
            f.SetNumberOfIterations(job["iterations"])
        else:  # cgls
            f = rtk.ConjugateGradientConeBeamReconstructionFilter[kind].New()
            f.SetNumberOfIterations(job["iterations"])
        f.SetForwardProjectionFilter(f.ForwardProjectionType_FP_JOSEPH)
        f.SetBackProjectionFilter(f.BackProjectionType_BP_JOSEPH)
        return f

    def result(self, job):
        array = self.itk.array_from_image(self.out)
        if job["operation"] == "forward":
            return array
        return array[::-1].transpose(1, 0, 2)


def load(name):
    """The class and the modules of a peer, with nothing computed yet."""
    import numpy as np
    if name == "astra":
        import astra
        return Astra, np, astra.__version__
    from importlib.metadata import version
    from itk import RTK
    RTK.ThreeDCircularProjectionGeometry  # loads what is loaded at first use
    return Rtk, np, version("itk-rtk")


def work(kind, np, job):
    held = resident_mib("VmRSS")  # of the fork, which has not touched all that its parent holds
    peer = kind(job, np)
    wall, processor = time.perf_counter(), time.process_time()
    peer.run(job)
    seconds = {"wall": time.perf_counter() - wall, "processor": time.process_time() - processor}
    mib = resident_mib("VmHWM") - held
    np.save(job["result"], peer.result(job))
    print(json.dumps({**seconds, "mib": mib}), flush=True)


def main():
    os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"  # numpy's; the peers' are in the job
    kind, np, version = load(sys.argv[1])
    print(json.dumps({"version": version}), flush=True)
    for line in iter(sys.stdin.readline, ""):
        child = os.fork()
        if child == 0:
            try:
                work(kind, np, json.loads(line))
            except Exception as error:  # told to whoever waits for the line
                print(json.dumps({"error": str(error)}), flush=True)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        if status != 0:
            print(json.dumps({"error": f"ended with status {status}"}), flush=True)


if __name__ == "__main__":
    main()
